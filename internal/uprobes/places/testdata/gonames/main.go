// Command gonames has functions of every kind that Go names.
package main

import (
	"fmt"
	"os"
)

type point struct{ x int }

//go:noinline
func (p *point) move(n int) int { p.x += n; return p.x }

//go:noinline
func (p point) get() int { return p.x }

//go:noinline
func double[T int | float64](x T) T { return x + x }

//go:noinline
func apply(f func(int) int, n int) int { return f(n) }

func main() {
	p := &point{len(os.Args)}
	fmt.Println(p.move(2), p.get(), double(2), apply(func(k int) int { return k + p.x }, 3))
}
