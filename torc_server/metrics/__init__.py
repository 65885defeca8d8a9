"""What monitoring asks a server for."""
