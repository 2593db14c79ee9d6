# Shows: erlang: BEAM with several schedulers, a ring of 2,000 processes, supervision, ports, ETS and TCP
# Every: 5000
# Limit: 600
export HOME=$PWD
cat >ring.erl <<'ERL'
-module(ring).
-export([main/0]).
hop(Next) -> receive N -> Next ! N + 1, hop(Next) end.
main() ->
  Self = self(),
  First = lists:foldl(fun(_, Next) -> spawn_link(fun() -> hop(Next) end) end, Self, lists:seq(1, 2000)),
  First ! 0,
  receive N -> io:format("~p~n", [N]) end,
  process_flag(trap_exit, true),
  Pid = spawn_link(fun() -> exit(crashed) end),
  receive {'EXIT', Pid, Why} -> io:format("~p~n", [Why]) end,
  Table = ets:new(t, [set, public]),
  Workers = [spawn_monitor(fun() -> [ets:insert(Table, {{W, I}, I * I}) || I <- lists:seq(1, 500)] end)
             || W <- lists:seq(1, 8)],
  [receive {'DOWN', R, process, P, normal} -> ok end || {P, R} <- Workers],
  io:format("~p~n", [ets:foldl(fun({_, V}, Sum) -> V + Sum end, 0, Table)]),
  io:format("~s", [os:cmd("echo from a port")]),
  {ok, L} = gen_tcp:listen(0, [binary, {active, false}, {ip, {127, 0, 0, 1}}]),
  {ok, Port} = inet:port(L),
  spawn_link(fun() -> {ok, S} = gen_tcp:accept(L), {ok, B} = gen_tcp:recv(S, 5), gen_tcp:send(S, [B, B]) end),
  {ok, C} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}]),
  ok = gen_tcp:send(C, "swift"),
  {ok, Answer} = gen_tcp:recv(C, 10),
  io:format("~s~n", [Answer]),
  halt(0).
ERL
erlc ring.erl
erl -noshell -s ring main
