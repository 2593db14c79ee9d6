# Shows: tmux with two panes, a shell and vi in them, over pseudoterminals
export TERM=screen LANG=C.UTF-8
tmux -L test -f /dev/null new-session -d -x 80 -y 24 'bash --norc'
tmux -L test send-keys 'PS1="> "; echo $((6 * 7)) from the pane' Enter
for i in $(seq 100); do tmux -L test capture-pane -p | grep -q '42 from' && break; sleep 0.1; done
tmux -L test capture-pane -p | grep '^42 from'
tmux -L test split-window -h 'vi file'
sleep 1
tmux -L test send-keys ihello Space vi Escape :wq Enter
for i in $(seq 100); do [ -s file ] && break; sleep 0.1; done
cat file
for i in $(seq 100); do [ "$(tmux -L test list-panes | wc -l)" = 1 ] && break; sleep 0.1; done
tmux -L test list-panes | wc -l
tmux -L test kill-server
script -qec 'stty size; tty | sed s/[0-9]*$//' /dev/null </dev/null | tr -d '\r'
