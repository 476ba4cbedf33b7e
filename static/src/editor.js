// The editor of JSON documents.
