// Functions of every kind that Rust names.
mod shapes {
    pub struct Square(pub u64);
    pub trait Area {
        fn area(&self) -> u64;
    }
    impl Area for Square {
        #[inline(never)]
        fn area(&self) -> u64 {
            self.0 * self.0
        }
    }
    impl Square {
        #[inline(never)]
        pub fn made(side: u64) -> Square {
            Square(side.rotate_left(3) + 1)
        }
    }
    #[inline(never)]
    pub fn twice<T: Copy + std::ops::Add<Output = T>>(x: T) -> T {
        x + x
    }
}
use shapes::Area;

#[inline(never)]
fn work(n: u64) -> u64 {
    shapes::twice(n) + 1
}

fn main() {
    let n = std::env::args().count() as u64;
    let s = shapes::Square::made(n + 2);
    println!("{} {} {}", s.area(), work(n), shapes::twice(n as f64));
}
