package quiz

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// What was answered stands in Done, a question when it is over; asking again adds to it.
func TestDone(t *testing.T) {
	q := Quiz{Lesson: "one", Questions: []Question{{Text: "?", Answers: []string{"two"}}, {Text: "?", Answers: []string{"three"}}}}
	give := func(s string) { require.True(t, q.Answer(t.Context(), s, nil)) }
	give("one")
	require.Empty(t, q.Done)
	give("Two")
	require.Equal(t, `{"type":"answer","v":1,"lesson":"one","question":1,"given":["one","Two"],"right":true}`+"\n", q.Done[0].Line())
	for range MaxTries {
		give("no")
	}
	require.True(t, q.Over())
	require.Equal(t, NewAnswered("one", 1, &q.Questions[1], []string{"no", "no", "no"}, false), q.Done[1])
	q.Restart()
	give("two")
	require.Equal(t, []string{"two"}, q.Done[2].Given)
}

// stopping is a task that is stopped while it is tried.
type stopping struct{ stop func() }

func (s stopping) Form() string { return "anything" }
func (s stopping) Run() bool    { return false }
func (s stopping) Judge(context.Context, string) (bool, string) {
	s.stop()
	return false, ""
}
func (s stopping) Solve(context.Context) (string, error) { return "", nil }

// An answer that was not tried to the end is no wrong one.
func TestStoppedAnswer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	q := Quiz{Questions: []Question{{Task: stopping{cancel}}}}
	require.False(t, q.Answer(ctx, "x", nil))
	require.Zero(t, q.Tries)
	require.Empty(t, q.Verdict)
}

// TestAnswersAsTheScreenHasThem: an errno, a status or a signal with its name
// before it, and an errno as a system call returns it.
func TestAnswersAsTheScreenHasThem(t *testing.T) {
	q := Question{Answers: []string{"17", "EEXIST"}}
	for _, a := range []string{"errno 17", "errno=17", "exit 17", "status 17", "signal 17", "EEXIST", "-EEXIST", "errno EEXIST"} {
		require.True(t, q.Right(a), a)
	}
	for _, a := range []string{"-17", "17 EEXIST", "exit", "errno", "-"} {
		require.False(t, q.Right(a), a)
	}
}
