"""Flag articles, gather stories, tell people. Reads articles through the crawler's nouns and store."""
