package testkit

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAssignmentsAreFound(t *testing.T) {
	const source = `package p
func f(t, u *T) {
	t.state = 1
	t.a, u.state = 2, 3
	u.t.state++
	g(&t.state)
	if t.state == 1 || u.other == t.state { t.statement = 2 }
}`
	var lines []int
	for _, at := range assigned(t, "p.go", []byte(source), "state") {
		lines = append(lines, at.Line)
	}
	require.Equal(t, []int{3, 4, 5, 6}, lines)
}
