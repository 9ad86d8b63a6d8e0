"""What a user has decided about findings: which are ignored, for what reason, and which were there before.

Policy is neither measuring nor judging. It takes findings out of a measurement, and with them the evidence that they rest on,
before the judge sees it; what it took out stands in the report (`detector.report.Ignored`).
"""
