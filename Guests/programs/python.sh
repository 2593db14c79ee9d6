# Shows: python3: subprocess, multiprocessing, asyncio, socketserver and threads together
cat >test.py <<'PYTHON'
import asyncio, multiprocessing, os, signal, socketserver, socket, subprocess, sys, threading

def square(n):
    return n * n

async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()

async def client(port, word):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(word.encode() + b"\n")
    answer = await reader.readline()
    writer.close()
    return answer.decode().strip()

async def talk():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(await asyncio.gather(*(client(port, f"word{i}") for i in range(5))))
    process = await asyncio.create_subprocess_exec("tr", "a-z", "A-Z", stdin=-1, stdout=-1)
    print((await process.communicate(b"piped"))[0])
    server.close()

class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.readline()[::-1].strip() + b"\n")

if __name__ == "__main__":
    print(subprocess.run(["sort", "-r"], input="a\nc\nb\n", text=True, capture_output=True).stdout.split())
    print(subprocess.run([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]).returncode)
    with multiprocessing.Pool(3) as pool:
        print(pool.map(square, range(10)))
    queue = multiprocessing.Queue()
    workers = [multiprocessing.Process(target=queue.put, args=(n,)) for n in range(4)]
    for w in workers: w.start()
    print(sorted(queue.get() for _ in workers))
    for w in workers: w.join()
    asyncio.run(talk())
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with socket.create_connection(server.server_address) as s:
            s.sendall(b"olleh\n")
            print(s.makefile().readline().strip())
        server.shutdown()
PYTHON
python3 test.py
