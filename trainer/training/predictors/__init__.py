"""What is handed out with a model: programs that load it and predict, each complete in one file."""
