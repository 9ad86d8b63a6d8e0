"""Everything that makes `models/`: spinners, data, encoder, classifier, evaluation. Needs the [train] extra."""
