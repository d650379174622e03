"""Raw files become articles, articles become passages.

collect   .txt, .jsonl and folders → Article records, every input counted
segment   Article → Passages that cover it
"""
