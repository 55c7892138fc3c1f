// Functions of every kind that Rust has, which count their calls.
use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

macro_rules! counters {
    ($($name:ident $text:expr),* $(,)?) => {
        $(static $name: AtomicUsize = AtomicUsize::new(0);)*
        fn print() { $(println!("{} {}", $name.load(Relaxed), $text);)* }
    };
}

counters! {
    WORK "called::work", MADE "called::shapes::Square::made", AREA "<called::shapes::Square as called::shapes::Area>::area",
    CIRCLE "<called::shapes::Circle as called::shapes::Area>::area", GROW "Square::grow", SHOWN "called::shapes::shown",
    MAIN "called::main", DROPPED "<called::shapes::Circle as core::ops::drop::Drop>::drop", DEFAULT "called::shapes::Area::twice",
}

#[inline(always)]
fn called(n: &AtomicUsize) {
    n.store(n.load(Relaxed) + 1, Relaxed); // a locked instruction cannot be probed
}

mod shapes {
    use super::*;

    pub trait Area {
        fn area(&self) -> u64;
        #[inline(never)]
        fn twice(&self) -> u64 {
            called(&DEFAULT);
            self.area() * 2
        }
    }

    pub struct Square(pub u64);
    pub struct Circle(pub u64);

    impl Square {
        #[inline(never)]
        pub fn made(n: u64) -> Square {
            called(&MADE);
            Square(n)
        }

        #[inline(never)]
        pub fn grow(&mut self, by: u64) {
            called(&GROW);
            self.0 += by;
        }
    }

    impl Area for Square {
        #[inline(never)]
        fn area(&self) -> u64 {
            called(&AREA);
            self.0 * self.0
        }
    }

    impl Area for Circle {
        #[inline(never)]
        fn area(&self) -> u64 {
            called(&CIRCLE);
            self.0 * 3
        }
    }

    impl Drop for Circle {
        #[inline(never)]
        fn drop(&mut self) {
            called(&DROPPED);
        }
    }

    #[inline(never)]
    pub fn shown<T: Display>(t: T) -> usize {
        called(&SHOWN);
        format!("{t}").len()
    }
}

// opaque hides what n is from the compiler; std::hint::black_box came with Rust 1.66, and Debian 12 has 1.63.
fn opaque(n: u64) -> u64 {
    unsafe { std::ptr::read_volatile(&n) }
}

#[inline(never)]
fn work(n: u64) -> u64 {
    called(&WORK);
    opaque(n) + 1
}

fn main() {
    use shapes::*;
    called(&MAIN);
    let mut t = 0;
    for i in 0..4 {
        t += work(i);
        let mut s = Square::made(i);
        s.grow(2);
        t += s.area() + Circle(i).area();
    }
    t += Square(2).twice() + Circle(3).area();
    t += (shown(1) + shown("text") + shown(2.5)) as u64;
    println!("{t}");
    print();
}
