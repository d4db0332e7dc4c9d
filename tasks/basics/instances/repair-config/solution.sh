#: look at the rules and the file
cat RULES.md service.json

#: write it anew
cat > service.json <<'JSON'
{
  "name": "ingest",
  "port": 8080,
  "metricsPort": 9100,
  "logLevel": "warning",
  "idleTimeoutSeconds": 120,
  "retryDelaySeconds": 0.25,
  "homepage": "https://example.org//ingest",
  "workers": [
    { "name": "parse", "threads": 6, "enabled": true, "pollSeconds": 15 },
    { "name": "index", "threads": 4, "enabled": true },
    { "name": "mail", "threads": 1, "enabled": false }
  ],
  "tags": ["prod", "it's", "eu-west"]
}
JSON

#: is it JSON now
python3 -c 'import json; print(json.load(open("service.json"))["workers"])'
