"""What is fitted on the encoders' output: word evidence, the verdict, its thresholds."""
