package explore

import "strings"

// Reduction is a set of ways to search less without leaving anything out.
type Reduction uint8

// Ways to search less.
const (
	// DeadMemory: states that differ only in bytes that nobody reads any more
	// are one. It needs a Scratcher.
	DeadMemory Reduction = 1 << iota
	// LocalStarts: the steps of all actors before their first visible places are
	// taken in one order.
	LocalStarts
)

// Reductions are all of them.
var Reductions = []Reduction{DeadMemory, LocalStarts}

var reductionNames = []string{"dead memory", "local starts"}

func (r Reduction) has(x Reduction) bool { return r&x != 0 }

// String names what is in the set.
func (r Reduction) String() string {
	var names []string
	for i, x := range Reductions {
		if r.has(x) {
			names = append(names, reductionNames[i])
		}
	}
	return strings.Join(names, ", ")
}
