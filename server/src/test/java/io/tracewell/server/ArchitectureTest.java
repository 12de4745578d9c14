package io.tracewell.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The shape of the server. A rule that matches nothing fails too. */
@AnalyzeClasses(
    packages = {"io.tracewell.server", "io.tracewell.core"},
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule core_stands_alone =
      noClasses()
          .that()
          .resideInAPackage("io.tracewell.core..")
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages("io.tracewell.core..", "java..", "org.jspecify..")
          .because("the model is shared by everything, so it may need nothing but the JDK");

  @ArchTest
  static final ArchRule no_cycles =
      slices()
          .matching("io.tracewell.server.(*)..")
          .should()
          .beFreeOfCycles()
          .because("dependencies between packages go one way");

  @ArchTest
  static final ArchRule intake_does_not_know_the_store =
      noClasses()
          .that()
          .resideInAnyPackage("..server.ingest..", "..server.normalise..", "..server.pricing..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "..server.store..", "..server.spool..", "..server.query..", "..server.clickhouse..")
          .because("intake and store meet in core.SpanSink, so that either can be replaced");

  @ArchTest
  static final ArchRule store_and_query_do_not_know_each_other =
      noClasses()
          .that()
          .resideInAnyPackage("..server.store..", "..server.spool..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "..server.query..", "..server.ingest..", "..server.normalise..", "..server.http..")
          .because("what is written and what is read meet in the schema and in core");

  @ArchTest
  static final ArchRule query_does_not_know_intake =
      noClasses()
          .that()
          .resideInAPackage("..server.query..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "..server.store..",
              "..server.spool..",
              "..server.ingest..",
              "..server.normalise..",
              "..server.pricing..")
          .because("reads work on whatever wrote the tables");

  @ArchTest
  static final ArchRule configuration_has_one_reader =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.tracewell.server", "..server.config..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("..server.config..")
          .because("parts get their own small options from App, so that each can be used alone");

  @ArchTest
  static final ArchRule web_server_stays_at_the_edge =
      noClasses()
          .that()
          .resideInAnyPackage(
              "..server.store..",
              "..server.spool..",
              "..server.normalise..",
              "..server.pricing..",
              "..server.message..",
              "..server.clickhouse..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.javalin..", "org.eclipse.jetty..", "jakarta.servlet..", "io.grpc..")
          .because("the web server can be replaced without touching what it serves");
}
