package health.lumbra.fhir;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.util.ResourceReferenceInfo;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r4.model.Bundle;

/**
 * Checks bundles with the validator of HAPI, which is HL7's own: {@code Check MISTAKES BUNDLE...}.
 *
 * <p>Each bundle must be without errors, and each mistake of the file, made in the last bundle, must be found. Codes of systems that
 * aren't here (LOINC, our own) can't be checked: that is a warning, and not counted.
 */
public final class Check {
    private static int passed = 0;
    private static int failed = 0;

    private Check() {}

    public static void main(String[] arguments) throws Exception {
        FhirContext context = FhirContext.forR4();
        UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
        unknown.setNonExistentCodeSystemSeverity(IValidationSupport.IssueSeverity.WARNING);
        ValidationSupportChain support = new ValidationSupportChain(
                new DefaultProfileValidationSupport(context),
                new CommonCodeSystemsTerminologyService(context),
                new InMemoryTerminologyServerValidationSupport(context),
                unknown);
        FhirValidator validator = context.newValidator();
        validator.registerValidatorModule(new FhirInstanceValidator(support));

        String last = "";
        for (String file : List.of(arguments).subList(1, arguments.length)) {
            last = Files.readString(Path.of(file));
            Map<String, Integer> warnings = new TreeMap<>();
            String error = "";
            error = dangling(context, last);
            for (SingleValidationMessage message : validator.validateWithResult(last).getMessages()) {
                if (isError(message)) {
                    error = error.isEmpty() ? told(message) : error;
                } else if (message.getSeverity() == ResultSeverityEnum.WARNING) {
                    String words = message.getMessage().replaceAll("'[^']*'|[0-9a-f-]{36}|\\d+|#[a-z-]+", "..");
                    warnings.merge(words, 1, Integer::sum);
                }
            }
            judge(Path.of(file).getFileName() + " is sound", error.isEmpty(), error);
            warnings.forEach((words, times) -> System.out.println("   warned " + times + " times: " + words));
        }

        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            if (line.startsWith("#") || line.isBlank()) {
                continue;
            }
            String[] parts = line.split("\t");
            String mistaken = last;
            int at = last.indexOf(parts[1]);
            if (at >= 0) {
                mistaken = last.substring(0, at) + parts[2].replace("{patient}", firstName(last)) + last.substring(at + parts[1].length());
            }
            String found = "";
            // Without the mistake there is nothing to be found: a replacement that doesn't fit is a failure.
            if (!mistaken.equals(last)) {
                found = dangling(context, mistaken);
                for (SingleValidationMessage message : validator.validateWithResult(mistaken).getMessages()) {
                    found = isError(message) && found.isEmpty() ? told(message) : found;
                }
            }
            judge("found: " + parts[0], !found.isEmpty(), "not found");
            if (!found.isEmpty()) {
                System.out.println("   " + found);
            }
        }
        System.out.println(passed + " passed, " + failed + " failed");
        System.exit(failed == 0 && passed > 0 ? 0 : 1);
    }

    /** A reference to what is not in the bundle, which the validator leaves to others; empty when there is none. */
    private static String dangling(FhirContext context, String json) {
        Bundle bundle;
        try {
            bundle = context.newJsonParser().parseResource(Bundle.class, json);
        } catch (RuntimeException unreadable) {
            // What is wrong with it, the validator tells.
            return "";
        }
        Set<String> names = bundle.getEntry().stream().map(Bundle.BundleEntryComponent::getFullUrl).collect(Collectors.toSet());
        for (Bundle.BundleEntryComponent entry : bundle.getEntry()) {
            for (ResourceReferenceInfo info : context.newTerser().getAllResourceReferences(entry.getResource())) {
                String name = info.getResourceReference().getReferenceElement().getValue();
                if (!names.contains(name)) {
                    return entry.getFullUrl() + ": nothing in the bundle is " + name;
                }
            }
        }
        return "";
    }

    /** The name of the first resource: it is the patient's. */
    private static String firstName(String json) {
        Matcher name = Pattern.compile("\"fullUrl\":\"([^\"]*)\"").matcher(json);
        return name.find() ? name.group(1) : "";
    }

    private static boolean isError(SingleValidationMessage message) {
        return message.getSeverity() == ResultSeverityEnum.ERROR || message.getSeverity() == ResultSeverityEnum.FATAL;
    }

    private static String told(SingleValidationMessage message) {
        return message.getLocationString() + ": " + message.getMessage();
    }

    private static void judge(String name, boolean good, String why) {
        if (good) {
            passed++;
            System.out.println("ok " + name);
        } else {
            failed++;
            System.out.println("FAIL " + name + ": " + why);
        }
    }
}
