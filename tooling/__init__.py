"""What the make targets run: set-up, servers for the tests, the suite, the local site. Standard library only."""
