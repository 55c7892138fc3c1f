package explore

import "math"

// interleavings is how many ways lead from the start to an end in the states
// of an exhausted round: what a plain enumeration would run. +Inf if some go
// round for ever.
func (r *round) interleavings() float64 {
	n := uint32(r.visited.count())
	in, out := make([]int, n), make([]int, n)
	r.visited.eachEdge(n, func(from, to uint32) { out[from]++; in[to]++ })
	ways := make([]float64, n)
	ways[0] = 1
	var todo []uint32
	for i := range in {
		if in[i] == 0 {
			todo = append(todo, uint32(i))
		}
	}
	total, done := 0.0, uint32(0)
	for ; len(todo) > 0; done++ {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if out[i] == 0 {
			total += ways[i]
		}
		for a := range maxActors {
			if j, ok := r.visited.follow(i, a); ok {
				ways[j] += ways[i]
				if in[j]--; in[j] == 0 {
					todo = append(todo, j)
				}
			}
		}
	}
	if done < n {
		return math.Inf(1)
	}
	return total
}
