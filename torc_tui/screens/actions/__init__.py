"""What keys do on the main screen: each is a question, an operation and its sentence."""
