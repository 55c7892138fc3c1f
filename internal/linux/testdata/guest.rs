// Threads, channels, maps, a panic that is caught, and a status.
use std::collections::BTreeMap;
use std::sync::{mpsc, Arc, Mutex};
use std::thread;
use std::time::Duration;

fn main() {
    let sum = Arc::new(Mutex::new(0));
    let threads: Vec<_> = (0..4)
        .map(|i| {
            let sum = sum.clone();
            thread::spawn(move || {
                for _ in 0..500 {
                    *sum.lock().unwrap() += i
                }
            })
        })
        .collect();
    for t in threads {
        t.join().unwrap()
    }
    println!("{}", sum.lock().unwrap());
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for i in 0..3 {
            send.send(i).unwrap();
            thread::sleep(Duration::from_millis(1));
        }
    });
    for v in receive {
        println!("{v}")
    }
    let squares: BTreeMap<_, _> = (0..100).map(|i| (i, i * i)).collect();
    println!("{} {:.3}", squares[&9], 2f64.sqrt());
    std::panic::set_hook(Box::new(|_| {}));
    println!("{}", std::panic::catch_unwind(|| panic!("boom")).is_err());
    std::process::exit(3)
}
