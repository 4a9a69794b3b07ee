"""Whole sites: a link with `grabber_enabled` is read together with the pages of its site.

`crawl` is the worker's part, page after page; `pages` fetches one, `markup` says what stands in its HTML besides text,
`walls` tells pages from doors, `addresses` which address is the page's own, `robots` and `sitemaps` what the site asks
for and offers. `sites` is the bookkeeping that other files of the room call, `queries` what a surface needs.
"""
