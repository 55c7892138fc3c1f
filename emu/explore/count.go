package explore

import "math"

// interleavings is how many ways lead from the start to an end in the states
// of an exhausted round: what a plain enumeration would run. +Inf if some go
// round for ever.
func (r *round) interleavings() float64 {
	next := make([][]uint32, len(r.visited.list))
	in := make([]int, len(next))
	for _, e := range r.edges {
		next[e[0]] = append(next[e[0]], e[1])
		in[e[1]]++
	}
	ways := make([]float64, len(next))
	ways[0] = 1
	var todo []uint32
	for i := range in {
		if in[i] == 0 {
			todo = append(todo, uint32(i))
		}
	}
	total, done := 0.0, 0
	for ; len(todo) > 0; done++ {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if len(next[i]) == 0 {
			total += ways[i]
		}
		for _, j := range next[i] {
			ways[j] += ways[i]
			if in[j]--; in[j] == 0 {
				todo = append(todo, j)
			}
		}
	}
	if done < len(next) {
		return math.Inf(1)
	}
	return total
}
