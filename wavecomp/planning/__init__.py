"""What a gradient will cost: prices of this machine, predictions of runs that nobody has made, and plans."""
