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

// TestSchedulesBelongToTheEvents is the same of kernel code. A schedule from before
// the event files were in the checksum is one of the scenario still.
func TestSchedulesBelongToTheEvents(t *testing.T) {
	const text = `An event.
-- machine --
arch i386
engine modern
-- text.S --
	.globl main
main:	ret
-- kprobe_events --
p:first main
-- tasks --
cpu 0 at main
`
	r := open(t, parse(t, text), scenario.Options{})
	schedule := sched.Of(0).Format(r.Checksum())
	_, err := r.ParseSchedule(schedule)
	require.NoError(t, err)
	_, err = open(t, parse(t, strings.Replace(text, "p:first", "p:second", 1)), scenario.Options{}).ParseSchedule(schedule)
	require.ErrorIs(t, err, sched.ErrOtherScenario)
	without := text[:strings.Index(text, "-- kprobe_events")] + text[strings.Index(text, "-- tasks"):]
	before := sched.Of(0).Format(open(t, parse(t, without), scenario.Options{}).Checksum())
	_, err = r.ParseSchedule(before)
	require.NoError(t, err)
}
