"""What the cheque programme does, file by file."""
