"""What the report says of figures. Run by ctest."""

import pathlib
import tempfile
import unittest

import bench
from measuring.figures import equal, percentile, quartiles, summary
from measuring.goals import Goal
from measuring.markdown import count, digits, table


class FiguresTest(unittest.TestCase):
    def test_quartiles_are_those_of_the_sample(self):
        self.assertEqual(
            quartiles([5, 1, 4, 2, 3]), {"n": 5, "q1": 2, "median": 3, "q3": 4}
        )

    def test_one_value_is_all_its_quartiles(self):
        self.assertEqual(quartiles([7]), {"n": 2, "q1": 7, "median": 7, "q3": 7})

    def test_a_percentile_is_one_of_the_values(self):
        self.assertEqual(percentile(range(1, 101), 99), 99)
        self.assertEqual(percentile([3, 1, 2], 99), 3)
        self.assertEqual(summary([1, 2, 3, 10])["median"], 2.5)

    def test_overlapping_quartiles_are_equal(self):
        low, high = quartiles([1, 2, 3, 4, 5]), quartiles([4, 5, 6, 7, 8])
        self.assertFalse(equal(low, high))
        self.assertTrue(equal(low, quartiles([3, 4, 5, 6, 7])))
        self.assertTrue(equal(high, high))


class GoalTest(unittest.TestCase):
    def test_a_limit_that_is_reached_is_met(self):
        self.assertEqual(Goal("a", 1.0, 1.0).verdict, "met")

    def test_beyond_the_limit_it_is_missed(self):
        self.assertEqual(Goal("a", 1.0, 1.01).verdict, "missed")

    def test_what_cannot_be_told_apart_is_equal(self):
        self.assertEqual(Goal("a", 1.0, 1.01, equal=True).verdict, "equal")


class MarkdownTest(unittest.TestCase):
    def test_a_table_has_a_line_below_its_head(self):
        self.assertEqual(
            table(("a", "b"), [(1, 2)]), "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
        )

    def test_numbers_have_three_digits(self):
        said = [digits(each) for each in (0.12345, 1234.5)]
        self.assertEqual(said, ["0.123", "1234"])

    def test_counts_are_said_as_people_do(self):
        said = [count(each) for each in (10, 10_000, 10**7)]
        self.assertEqual(said, ["10", "10k", "10M"])


class ReadmeTest(unittest.TestCase):
    def test_only_what_is_between_the_comments_is_replaced(self):
        with tempfile.TemporaryDirectory() as folder:
            readme = pathlib.Path(folder, "README.md")
            readme.write_text(
                "before\n<!-- figures -->\nold\n<!-- end of the figures -->\nafter\n"
            )
            bench._write_readme(readme, "new\n")
            self.assertEqual(
                readme.read_text(),
                "before\n<!-- figures -->\nnew\n<!-- end of the figures -->\nafter\n",
            )

    def test_a_file_without_them_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            readme = pathlib.Path(folder, "README.md")
            readme.write_text("before\n<!-- figures -->\nno end\n")
            with self.assertRaisesRegex(SystemExit, "has no"):
                bench._write_readme(readme, "new\n")


if __name__ == "__main__":
    unittest.main()
