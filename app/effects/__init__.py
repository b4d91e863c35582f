"""What a step does besides writing the state, one file per kind of case."""
