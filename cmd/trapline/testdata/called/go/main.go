// Functions of every kind that Go has, which count their calls.
package main

import "fmt"

type counter struct {
	name string
	n    int
}

var (
	adds    = &counter{name: "main.add"}
	gets    = &counter{name: "main.point.get"}
	moves   = &counter{name: "main.(*point).move"}
	short   = &counter{name: "main.circle.draw"} // of main.(*circle).draw
	maps    = &counter{name: "main.mapped"}
	pushes  = &counter{name: "main.(*stack).push"}
	inits   = &counter{name: "main.init.0"}
	closure = &counter{name: "main.main.func1"}
	inner   = &counter{name: "main.made.func1"}
	mains   = &counter{name: "main.main"}
	sums    = &counter{name: "main.sum"}
)

type point struct{ x, y int }

//go:noinline
func (p point) get() int { gets.n++; return p.x + p.y }

//go:noinline
func (p *point) move(by int) { moves.n++; p.x += by }

type circle struct{ r int }

//go:noinline
func (c *circle) draw() int { short.n++; return c.r }

type stack[T any] struct{ l []T }

//go:noinline
func (s *stack[T]) push(t T) { pushes.n++; s.l = append(s.l, t) }

//go:noinline
func mapped[T, U any](l []T, f func(T) U) (m []U) {
	maps.n++
	for _, t := range l {
		m = append(m, f(t))
	}
	return m
}

//go:noinline
func add(a, b int) int { adds.n++; return a + b }

//go:noinline
func sum(l ...int) (t int) {
	sums.n++
	for _, n := range l {
		t += n
	}
	return t
}

//go:noinline
func made(n int) func(int) int {
	return func(k int) int { inner.n++; return n + k }
}

func init() { inits.n++; inits.n += len(fmt.Sprint()) }

func main() {
	mains.n++
	t := 0
	for i := range 5 {
		t += add(i, 2)
	}
	p := point{1, 2}
	p.move(3)
	p.move(4)
	t += p.get() + (&circle{3}).draw() + sum(1, 2, 3)
	each := func(n int) string { closure.n++; return fmt.Sprint(n) }
	t += len(mapped([]int{1, 2, 3}, each)) + len(mapped([]string{"a"}, func(s string) int { return len(s) }))
	f := made(3)
	t += f(1) + f(2)
	var ints stack[int]
	var words stack[string]
	ints.push(1)
	ints.push(2)
	words.push("w")
	fmt.Println(t)
	for _, c := range []*counter{adds, gets, moves, short, maps, pushes, inits, closure, inner, mains, sums} {
		fmt.Println(c.n, c.name)
	}
}
