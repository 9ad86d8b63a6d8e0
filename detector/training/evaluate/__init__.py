"""What the shipped models are worth: scores, tables, figures, the model card, the quality gate, speed."""
