# Shows: rust: a program with threads and channels is built by the guest's own compiler and run
# Limit: 600
# Every: 5000
cat >main.rs <<'RUST'
use std::{collections::BTreeMap, panic, process::Command, sync::mpsc, thread};
fn main() {
    let (sender, receiver) = mpsc::channel();
    let threads: Vec<_> = (0..8u64).map(|n| {
        let sender = sender.clone();
        thread::spawn(move || { let s: u64 = (0..200_000).map(|i| (i * n) % 97).sum(); sender.send((n, s)).unwrap(); })
    }).collect();
    drop(sender);
    for t in threads { t.join().unwrap(); }
    let all: BTreeMap<_, _> = receiver.iter().collect();
    println!("{:?}", all);
    let out = Command::new("echo").arg("from a child").output().unwrap();
    print!("{}", String::from_utf8_lossy(&out.stdout));
    panic::set_hook(Box::new(|_| {}));
    println!("{}", panic::catch_unwind(|| { let v: Vec<u8> = vec![]; v[std::env::args().count()] }).is_err());
}
RUST
rustc -O -C linker=gcc main.rs -o program
./program
