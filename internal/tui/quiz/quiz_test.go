package quiz

import (
	"context"
	"slices"
	"strings"
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
		give("four")
	}
	require.True(t, q.Over())
	require.Equal(t, NewAnswered("one", 1, &q.Questions[1], []string{"four", "four", "four"}, false), q.Done[1])
	q.Restart()
	give("two")
	require.Equal(t, []string{"two"}, q.Done[2].Given)
}

// stopping is a task that is stopped while it is tried.
type stopping struct{ stop func() }

func (s stopping) Form() string { return "anything" }
func (s stopping) Run() bool    { return false }
func (s stopping) Judge(context.Context, string) Judgement {
	s.stop()
	return Judgement{}
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

// An answer of no known form counts as none, however often it is given, and says what was expected.
func TestUnreadableAnswersCountNothing(t *testing.T) {
	for _, c := range []struct {
		answers            []string
		unreadable, wrongs string // separated by ";"
		expected           string
	}{
		{[]string{"3", "three"}, "cc;?;threee;2.5;2 apples;dunno;0b;yes;%eax", "4;-3;0x4;four;4 words;none", "expected a number: decimal"},
		{[]string{"cc"}, "?;xyz;0xg;the byte", "dd;0xdd;12;10h;c", "expected a number: hexadecimal"},
		{[]string{"no"}, "?;maybe;0;yes and no;perhaps not", "yes;Y;Yes, it does.", "expected yes or no"},
		{[]string{"IF", "the interrupt flag"}, "?;QF;eax;1;flag", "TF;the trap flag;CF;%ZF;carry", "expected the name of a flag"},
		{[]string{"rsi", "%rsi"}, "?;rsx;IF;7", "rdi;%RDI;r8;eax;the stack pointer", "expected the name of a register"},
		{[]string{"EBUSY", "16"}, "?;blub", "17;EEXIST;-17", "expected a name or its number"},
		{[]string{"triple fault"}, "?;42;0x10;idk;what is it;blub", "double fault;a fault;page_fault", "expected a name or a few words"},
	} {
		q := Quiz{Questions: []Question{{Text: "?", Answers: c.answers, About: knows("fault eexist double page")}}}
		for _, a := range strings.Split(c.unreadable, ";") {
			require.True(t, q.Answer(t.Context(), a, nil))
			require.Zero(t, q.Tries, "%q for %v", a, c.answers)
			require.Contains(t, q.Verdict, "counts as no answer: "+c.expected)
		}
		for _, a := range strings.Split(c.wrongs, ";") {
			q.Restart()
			require.True(t, q.Answer(t.Context(), a, nil))
			require.Equal(t, 1, q.Tries, "%q for %v: %s", a, c.answers, q.Verdict)
			require.Contains(t, q.Verdict, "Not that. Asked for is "+strings.TrimPrefix(c.expected, "expected "))
		}
		q.Restart()
		for _, a := range []string{"?", c.answers[0]} {
			require.True(t, q.Answer(t.Context(), a, nil))
		}
		require.Equal(t, 1, q.Right, "an unread answer leaves the first go")
		require.Equal(t, []string{c.answers[0]}, q.Done[0].Given)
	}
}

// knows are words, and shows nothing.
type knows string

func (k knows) Knows(word string) bool              { return slices.Contains(strings.Fields(string(k)), word) }
func (k knows) Shows(context.Context, Given) string { return "" }
