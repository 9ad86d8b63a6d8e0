"""The encoders: windows, training, averaging, rounding and export."""
