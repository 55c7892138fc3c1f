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
	// LockReleases: that a vCPU frees a lock is not tried in another order with
	// others' taking it.
	LockReleases
	// EqualActors: states that differ only in which of several equal actors has
	// which part are one. It needs a Symmetric.
	EqualActors
)

// AllReductions is the set of all of them.
const AllReductions = DeadMemory | LocalStarts | LockReleases | EqualActors

// Reductions are all of them.
var Reductions = []Reduction{DeadMemory, LocalStarts, LockReleases, EqualActors}

var reductionNames = []string{"dead memory", "local starts", "lock releases", "equal vCPUs"}

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
