"""Two versions of the code measured side by side: round by round, in turn, in fresh processes of their own."""
