# Shows: a GTK program (zenity) on an X server (Xvfb): its window is found, photographed, and answered with keys
# Every: 5000
# Limit: 600
export HOME=$PWD XDG_RUNTIME_DIR=$PWD DISPLAY=:7 GDK_BACKEND=x11 NO_AT_BRIDGE=1 GTK_USE_PORTAL=0
# What the packages' scripts would have made.
glib-compile-schemas /usr/share/glib-2.0/schemas
update-mime-database /usr/share/mime >/dev/null 2>&1
loaders=$(echo /usr/lib/*/gdk-pixbuf-2.0/gdk-pixbuf-query-loaders)
"$loaders" >"$(dirname "$loaders")/2.10.0/loaders.cache"
mkdir -p /tmp/.X11-unix && chmod 1777 /tmp/.X11-unix
Xvfb :7 -screen 0 640x480x24 -nolisten tcp >xvfb.log 2>&1 &
server=$!
for i in $(seq 300); do [ -S /tmp/.X11-unix/X7 ] && break; sleep 0.1; done
zenity --entry --title=Question --text='What is it?' >answer 2>zenity.log &
dialog=$!
window=$(timeout 300 xdotool search --sync --onlyvisible --name '^Question$' | head -1)
xwd -root | head -c 100 | wc -c
xdotool windowfocus "$window" type godwit
sleep 1
xdotool key --window "$window" Return
wait $dialog && echo "status 0"
cat answer
kill $server
wait $server || true
