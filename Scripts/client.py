"""client.py [ADDRESS:]PORT FOLDER: asks a server that counts again and again over one connection, and says what came of it, once there is
FOLDER/enough. FOLDER/answers has the number of answers so far.
"""
import os, socket, sys, time
place, work = sys.argv[1], sys.argv[2]
address, _, port = place.rpartition(":")
connection = socket.create_connection((address or "127.0.0.1", int(port))).makefile("rw")
count, longest = 0, 0
while not os.path.exists(work + "/enough"):
    start = time.monotonic()
    print("next", file=connection, flush=True)
    answer = connection.readline()
    longest = max(longest, time.monotonic() - start)
    count += 1
    if answer != f"{count}\n": sys.exit(f"   answer {count} is {answer!r}")
    with open(work + "/answers.new", "w") as answers: answers.write(str(count))
    os.rename(work + "/answers.new", work + "/answers")
    time.sleep(0.01)
print(f"   the client had {count} answers over one connection, none lost, none twice; the longest took {longest * 1000:.0f} ms")
