"""Did anything get larger, less accurate or slower: two runs compared value by value, with a verdict."""
