package course

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/tui/quiz"
)

// Every question without a task has wrong answers that are told what they would
// mean, and none of them is right.
func TestWrongAnswersAreToldWhatTheyMean(t *testing.T) {
	list, err := Lessons()
	require.NoError(t, err)
	for _, l := range list {
		for _, q := range l.Asked() {
			if q.Task != nil {
				continue
			}
			assert.NotEmpty(t, q.Wrong, "%s: %s", l.Name, q.Text)
			for i, w := range q.Wrong {
				assert.False(t, q.Right(w.Answer), "%s: %s %s", l.Name, q.Text, w.Answer)
				assert.Equal(t, w.Means, q.Means(w.Answer), "%s: %s: line %d says the same answer as one before", l.Name, q.Text, i)
				j := q.Judge(t.Context(), w.Answer)
				assert.Equal(t, quiz.Judgement{Says: w.Means}, j)
			}
		}
	}
}

// Where no line says it, the machine shows where a wrong answer stands: without the change, at
// another moment, under another engine; and what a register or a flag is that was named.
func TestTheMachineShowsWhereAWrongAnswerStands(t *testing.T) {
	for _, c := range []struct {
		lesson   string
		question int // from 1
		answer   string
		says     string
	}{
		{"rep", 3, "3", "That is hits(copy) without the change that is asked about."},
		{"the-life-of-a-hit", 3, "cc", "That is u8[target] at the start: another moment"},
		{"what-int3-does", 1, "83", "That is u8[target] after step "},
		{"why-out-of-line", 1, "83", "That is u8[target] under engine 2002."},
		{"another-register", 1, "rdi", "%rdi is 0x"},
		{"another-register", 3, "0x401011", "That is %rsi after step "},
		{"the-queue", 2, "TF", "%TF is 0x0 there, as at the start."},
		{"functions-that-never-return", 2, "5", "Asked for is a number"},
		{"rep", 3, "77", "Asked for is a number"},
	} {
		l, err := Find(c.lesson)
		require.NoError(t, err)
		q := l.Asked()[c.question-1]
		q.Wrong = nil
		j := q.Judge(t.Context(), c.answer)
		assert.False(t, j.Right)
		assert.False(t, j.Unread)
		assert.Contains(t, j.Says, c.says, "%s: %s", q.Text, c.answer)
	}
}

// What is no word of a lesson and of no known form counts as no answer, to any question.
func TestNonsenseCountsNothing(t *testing.T) {
	list, err := Lessons()
	require.NoError(t, err)
	for _, l := range list {
		for _, q := range l.Asked() {
			for _, a := range []string{"xyzzy", "?", "qwertz", "0xfffg", "I do not know", "!!!"} {
				j := q.Judge(t.Context(), a)
				assert.True(t, j.Unread, "%s: %s %q: %s", l.Name, q.Text, a, j.Says)
				assert.NotEmpty(t, j.Says)
			}
		}
	}
}
