"""Training of the first stage, which reads every document before the encoders do."""
