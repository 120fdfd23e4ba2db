"""The spider, for the service and for `scrapy crawl`."""
