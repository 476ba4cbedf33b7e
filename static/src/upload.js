// Files dropped on a page: read locally, then sent straight to the bucket.
