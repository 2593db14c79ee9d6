%% The compiler that compiles this, then processes, lists, binaries and a table.
-module(work).
-export([main/0]).

fibonacci(N) when N < 2 -> N;
fibonacci(N) -> fibonacci(N - 1) + fibonacci(N - 2).

hop(Next) ->
    receive
        stop -> ok;
        N -> Next ! N + 1, hop(Next)
    end.

main() ->
    Self = self(),
    First = lists:foldl(fun(_, Next) -> spawn(fun() -> hop(Next) end) end, Self, lists:seq(1, 500)),
    Hops = lists:foldl(fun(_, N) -> First ! N, receive M -> M end end, 0, lists:seq(1, 40)),
    Table = ets:new(table, [set]),
    [ets:insert(Table, {N * 7919 rem 10007, integer_to_binary(N)}) || N <- lists:seq(1, 12000)],
    Sizes = ets:foldl(fun({Key, Value}, Sum) -> Sum + Key * byte_size(Value) end, 0, Table),
    Sorted = lists:sort([{N * 104729 rem 999983, N} || N <- lists:seq(1, 16000)]),
    io:format("~p ~p ~p ~p~n", [fibonacci(22), Hops, Sizes, lists:nth(8000, Sorted)]).
