"""What to do before a night is spent on it: a job and a memory in, strategies with their predicted cost out."""
