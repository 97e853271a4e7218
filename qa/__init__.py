"""Ask a folder of documents; get their exact words and where they stand."""
