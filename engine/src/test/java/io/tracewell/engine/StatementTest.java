package io.tracewell.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tracewell.engine.Statement.Kind;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatementTest {
  private static Statement of(String sql) throws EngineException {
    return Statement.of(sql, Map.of());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SELECT 1 | READ",
        "-- a word\\n select 1 | READ",
        "/* INSERT */ WITH 1 AS x SELECT x | READ",
        "(SELECT 1) UNION ALL (SELECT 2) | READ",
        "INSERT INTO t VALUES (1) | OTHER",
        "INSERT INTO t SELECT 1 FORMAT CSV | OTHER",
        "insert into t (a) format RowBinary | INSERT",
        "CREATE TABLE t (a UInt8) ENGINE = Memory | OTHER",
        "SET max_threads = 1 | SESSION",
        "USE x | SESSION"
      })
  void theFirstWordSaysWhatIsDone(String sql, Kind kind) throws EngineException {
    assertThat(of(sql.replace("\\n", "\n")).kind()).isEqualTo(kind);
  }

  @Test
  void theFormatClauseIsTakenOut() throws EngineException {
    Statement statement = of("SELECT 1 FORMAT JSONEachRow SETTINGS max_threads = 1;");
    assertThat(statement.format()).isEqualTo("JSONEachRow");
    assertThat(statement.sql()).doesNotContain("FORMAT").contains("SETTINGS max_threads = 1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT format FROM t",
        "SELECT a AS format, b FROM t",
        "SELECT 'FORMAT CSV'",
        "SELECT 1 -- FORMAT CSV",
        "SELECT `FORMAT CSV` FROM t",
        "SELECT (SELECT format FROM t)",
        "SELECT a FROM t ORDER BY format DESC",
        "SELECT $x$ FORMAT CSV $x$"
      })
  void whatOnlyLooksLikeAFormatClauseStays(String sql) throws EngineException {
    Statement statement = of(sql);
    assertThat(statement.format()).isNull();
    assertThat(statement.sql()).isEqualTo(sql);
  }

  @Test
  void rowsAfterAnInsertAreNotTouched() throws EngineException {
    Statement statement = of("INSERT INTO t FORMAT TSV\n{x:String} 'it;s\n");
    assertThat(statement.kind()).isEqualTo(Kind.INSERT);
    assertThat(new String(statement.data(), UTF_8)).isEqualTo("{x:String} 'it;s\n");
  }

  @Test
  void aSecondStatementIsRefused() {
    assertThatThrownBy(() -> of("SELECT 1; DROP TABLE t"))
        .isInstanceOfSatisfying(EngineException.class, e -> assertThat(e.code()).isEqualTo(62));
  }

  @Test
  void aValueStaysOneConstantWhateverItHolds() throws EngineException {
    String hostile = "x'; DROP TABLE t -- \\\\' {y:String} \u96ea";
    Statement statement =
        Statement.of("SELECT {x:String}", Map.of("x", hostile, "y", "never read"));
    assertThat(statement.sql())
        .isEqualTo("SELECT 'x\\'; DROP TABLE t -- \\\\\\' {y:String} \u96ea'");
    assertThat(Statement.of("SELECT {x:UInt8}", Map.of("x", "1) OR (1")).sql())
        .isEqualTo("SELECT _CAST('1) OR (1', 'UInt8')");
    assertThat(Statement.of("SELECT 1 FROM {x:Identifier}", Map.of("x", "a`b")).sql())
        .isEqualTo("SELECT 1 FROM `a\\`b`");
  }

  @Test
  void bracesThatAreNoParametersStay() throws EngineException {
    String sql = "SELECT {'a': 1}, '{x:String}' -- {y:String}";
    assertThat(of(sql).sql()).isEqualTo(sql);
  }

  @Test
  void aParameterWithoutAValueIsNamed() {
    assertThatThrownBy(() -> of("SELECT {missing:String}"))
        .isInstanceOfSatisfying(EngineException.class, e -> assertThat(e.code()).isEqualTo(456))
        .hasMessageContaining("missing");
  }
}
