"""The shapes of the app's requests and answers."""
