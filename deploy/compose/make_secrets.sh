#!/bin/sh
# Makes the secrets of a new installation in secrets/; what is there already stays. The certificate is yours.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
make() {  # name, value
	test -e "secrets/$1" || printf '%s\n' "$2" >"secrets/$1"
}
random() {
	head -c 36 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n'
}
make SECRET_KEY "$(random)$(random)"
# A Fernet key: 32 bytes in base64.
make ENCRYPTION_KEYS "$(head -c 32 /dev/urandom | base64 | tr '+/' '-_')"
make METRICS_TOKEN "$(random)"
make POSTGRES_PASSWORD "$(random)"
make DATABASE_URL "postgresql://crmmirror:$(cat secrets/POSTGRES_PASSWORD)@postgres/crmmirror"
make BROKER_URL redis://valkey:6379/0
# The containers' users read them; the directory keeps out the other users of this machine.
chmod 444 secrets/*
