"""Raw files become articles, articles become passages.

collect     files and folders of every format → Articles, every input counted
formats     one reader a format; columns, decode, language: what a reader and collect ask
duplicates  Articles → Clusters of the same text, exactly or nearly
segment     Article → Passages that cover it
hygiene     Article → what is odd in its text; boilerplate: lines of a web site
store       all of these → the files of a workspace
"""
