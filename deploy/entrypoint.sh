#!/bin/sh
# Volumes arrive owned by root: hand the data folder over, then run as nobody who could do more.
set -eu
if [ "$(id -u)" = 0 ]; then
    chown syncward:syncward "$SYNCWARD_DATA_DIR"
    chmod 0700 "$SYNCWARD_DATA_DIR"
    exec setpriv --reuid=syncward --regid=syncward --clear-groups --no-new-privs --inh-caps=-all \
        /usr/bin/syncward-receiver "$@"
fi
exec /usr/bin/syncward-receiver "$@"
