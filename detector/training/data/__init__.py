"""What is learned from and measured on: splits, records, dictionaries and the tables made of them."""
