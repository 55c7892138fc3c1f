package scenario_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/scenario"
	"trapline/internal/sched"
)

// TestSchedulesBelongToTheMembers: a schedule of a program's scenario is refused once its arguments or its events are others.
func TestSchedulesBelongToTheMembers(t *testing.T) {
	const text = `A program with an event.
-- machine --
arch x86_64
-- linux --
args /prog one
-- text.S --
	.globl _start
_start:
	movl $60, %eax
	syscall
-- uprobe_events --
p:start /prog:_start
`
	schedule := sched.Of(0).Format(open(t, parse(t, text), scenario.Options{}).Checksum())
	for _, change := range [][2]string{{"one", "two"}, {"p:start", "p:begin"}} {
		_, err := open(t, parse(t, strings.Replace(text, change[0], change[1], 1)), scenario.Options{}).ParseSchedule(schedule)
		require.ErrorIs(t, err, sched.ErrOtherScenario, change)
	}
	_, err := open(t, parse(t, text), scenario.Options{}).ParseSchedule(schedule)
	require.NoError(t, err)
}
